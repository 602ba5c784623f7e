# the old number under a new name: refused, as host-b has it already
ip link set vxlan0 down
ip link add vxlan1 type vxlan id 42 local 192.0.2.2 dstport 4789
ip link set vxlan1 master br0 up
left# ping -c 1 -W 1 10.77.0.3
