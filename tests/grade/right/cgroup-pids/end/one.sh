kill -KILL $bomb
