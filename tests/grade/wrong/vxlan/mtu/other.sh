# right's interface, and the small packets that pass anyway
right# ip link set eth0 mtu 1450
left# ping -c 1 -M do -s 1000 10.77.0.3
