ip neigh add 10.88.0.2 lladdr aa:aa:aa:aa:aa:aa dev br0
ip link add dummy up type bridge
ip address add 10.88.0.1/24 dev dummy
