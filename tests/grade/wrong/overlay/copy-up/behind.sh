echo more >>lower/in_lower
