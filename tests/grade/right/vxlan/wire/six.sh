ip -s link show eth0
ping -c 6 -i 0.2 10.77.0.3; exit
