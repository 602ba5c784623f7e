echo hello >stage/cup/hello
