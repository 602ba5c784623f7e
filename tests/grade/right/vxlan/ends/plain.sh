host-a# ip link add vxlan0 type vxlan id 42 local 192.0.2.1 dstport 4789
host-a# ip link set vxlan0 master br0
host-a# ip link set vxlan0 up
host-b# ip link add vxlan0 type vxlan id 42 local 192.0.2.2 dstport 4789
host-b# ip link set vxlan0 master br0
host-b# ip link set vxlan0 up
