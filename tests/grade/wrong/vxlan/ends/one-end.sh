ip link add vxlan0 type vxlan id 42 local 192.0.2.1 dstport 4789
ip link set vxlan0 master br0 up
