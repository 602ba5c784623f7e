perl -e 'kill "KILL", $ENV{mid}'
