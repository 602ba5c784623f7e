left# ip link add to-right type dummy || ip link add to-right type bridge
right# ip link add to-left type dummy || ip link add to-left type bridge
