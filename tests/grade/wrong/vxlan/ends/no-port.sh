ip link add vxlan0 up type vxlan id 42 local 192.0.2.1 dstport 4789
host-b# ip link add vxlan0 up type vxlan id 42 local 192.0.2.2 dstport 4789
