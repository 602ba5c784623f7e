right# ip link set dev eth0 address ee:ee:ee:ee:ee:ee
left# ip link set dev eth0 address aa:aa:aa:aa:aa:aa; ip link show eth0
left# ping -c 1 10.88.0.3
