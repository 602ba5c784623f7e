left# ip address add 10.77.0.1/24 dev to-right
right# ip address add 10.77.0.2/24 dev to-left
