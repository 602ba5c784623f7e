hostname 'bird
