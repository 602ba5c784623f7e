ip a a 10.77.0.1/24 dev to-right && ip l s to-right up
nsenter -t $right -n ip a a 10.77.0.2/24 dev to-left
