stty raw -echo -isig; sleep infinity
hostname brid
