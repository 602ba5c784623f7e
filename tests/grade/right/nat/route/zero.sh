ip r a 0.0.0.0/0 via 10.88.0.1
ping -c 1 -W 1 203.0.113.2; ip r
