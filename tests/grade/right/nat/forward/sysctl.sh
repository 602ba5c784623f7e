sysctl -w net.ipv4.ip_forward=1
nsenter -t $box -n ping -c 2 -W 1 203.0.113.2
