yes bird
