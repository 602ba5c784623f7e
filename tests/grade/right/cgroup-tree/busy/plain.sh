kill -9 $guest
