import hypothesis

# A first call imports torch; how long that takes says nothing about the law under test.
hypothesis.settings.register_profile("lpr", deadline=None)
hypothesis.settings.load_profile("lpr")
