echo more >>view/one; echo more >>view/two
