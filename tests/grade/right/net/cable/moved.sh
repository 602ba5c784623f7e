ip link add name to-right type veth peer name to-left
ip link set dev to-left netns $right
ip -d link show to-right
