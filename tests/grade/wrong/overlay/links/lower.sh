echo more >>twins/one
