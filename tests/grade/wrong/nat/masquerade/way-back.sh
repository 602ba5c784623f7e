nsenter -t $world -n ip route add 10.88.0.0/24 via 203.0.113.1
box# ping -c 1 -W 1 203.0.113.2
