ip address add 10.88.1.1/24 dev to-right
ip neigh add 10.88.1.2 lladdr 02:00:00:00:00:0b dev to-right
