demo: ; @echo todo
