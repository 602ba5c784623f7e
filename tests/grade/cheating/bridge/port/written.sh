ip address add 10.88.1.1/24 dev to-right
ip neigh add 10.88.1.2 lladdr ee:ee:ee:ee:ee:ee dev to-right
