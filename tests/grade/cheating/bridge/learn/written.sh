nsenter --net=/proc/$machine/ns/net bridge fdb add aa:aa:aa:aa:aa:aa dev to-left master static
nsenter --net=/proc/$machine/ns/net bridge fdb add ee:ee:ee:ee:ee:ee dev to-right master static
ip neigh replace 10.88.0.3 lladdr ee:ee:ee:ee:ee:ee dev eth0
