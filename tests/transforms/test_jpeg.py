"""JPEG, in torch."""

import cv2
import numpy as np
import torch

from lpr_helpers.transforms.jpeg import compress_jpeg


def test_jpeg_is_what_a_jpeg_file_would_be():
    picture = cv2.putText(np.full((32, 128), 200, np.uint8), "ABC1234", (2, 25), 0, 0.9, 20, 2)
    for quality in (30, 50, 70):
        file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        real = cv2.imdecode(file, cv2.IMREAD_GRAYSCALE).astype(float)
        images = torch.from_numpy(picture / 255.0).float()[None, None]
        ours = 255 * compress_jpeg(images, torch.full((1, 1, 1, 1), float(quality)))[0, 0].numpy()
        assert np.abs(ours - real).mean() < 1.2
        assert np.abs(picture - real).mean() > 3, "and that is no small change"
