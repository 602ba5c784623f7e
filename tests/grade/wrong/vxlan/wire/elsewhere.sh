host-a# ping -c 10 -i 0.2 192.0.2.2
