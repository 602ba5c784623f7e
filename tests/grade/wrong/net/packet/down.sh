left# ping -c 3 -i 0.3 -W 1 10.77.0.2
