# a switch, and both cables plugged in
ip link add name br0 up type bridge
for port in to-left to-right; do ip link set dev $port master br0; done
left# ping -c 1 10.88.0.3
