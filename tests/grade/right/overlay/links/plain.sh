echo more >>view/one
