right# ip link set dev eth0 address 02:00:00:00:00:0b
left# ip link set dev eth0 address 02:00:00:00:00:0a; ip link show eth0
left# ping -c 1 10.88.0.3
