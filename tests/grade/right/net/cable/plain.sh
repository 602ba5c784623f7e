ip link add to-right type veth peer name to-left netns $right
