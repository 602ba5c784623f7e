# it knows the other host from the beginning: an entry that the step does not have yet
ip link add vxlan0 up master br0 type vxlan id 42 local 192.0.2.1 remote 192.0.2.2 dstport 4789
host-b# ip link add vxlan0 up master br0 type vxlan id 42 local 192.0.2.2 remote 192.0.2.1 dstport 4789
