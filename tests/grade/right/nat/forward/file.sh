echo 1 >/proc/sys/net/ipv4/ip_forward
box# ping -c 1 -W 1 203.0.113.2
