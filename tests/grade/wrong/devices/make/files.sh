touch dev/null dev/hole
