# with the cable's interface
ip link add vxlan0 type vxlan id 42 dev eth0 local 192.0.2.1 dstport 4789 learning
ip link set dev vxlan0 up master br0; bridge link
host-b# ip link add name vxlan0 type vxlan id 42 dev eth0 local 192.0.2.2 dstport 4789
host-b# ip link set dev vxlan0 up master br0; exit
