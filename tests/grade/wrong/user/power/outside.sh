hostname bird
