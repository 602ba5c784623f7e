hostname robin
hostname wren
sh -c "hostname bird"
