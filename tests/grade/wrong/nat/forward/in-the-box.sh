box# sysctl -w net.ipv4.ip_forward=1
box# ping -c 1 -W 1 203.0.113.2
