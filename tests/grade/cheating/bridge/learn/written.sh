nsenter --net=/proc/$machine/ns/net bridge fdb add 02:00:00:00:00:0a dev to-left master static
nsenter --net=/proc/$machine/ns/net bridge fdb add 02:00:00:00:00:0b dev to-right master static
ip neigh replace 10.88.0.3 lladdr 02:00:00:00:00:0b dev eth0
