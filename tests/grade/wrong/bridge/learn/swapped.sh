left# ip link set eth0 address ee:ee:ee:ee:ee:ee
right# ip link set eth0 address aa:aa:aa:aa:aa:aa
left# ping -c 1 10.88.0.3
