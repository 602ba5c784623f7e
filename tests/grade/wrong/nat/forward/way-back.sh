sysctl -w net.ipv4.ip_forward=1
nsenter -t $world -n ip route add default via 203.0.113.1
box# ping -c 1 -W 1 203.0.113.2
