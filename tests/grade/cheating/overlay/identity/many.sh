for i in $(seq 500); do mkdir -p deep/$i; touch deep/$i/f; done; ln -s /etc merged/etc
mkdir -p d; cd d; for i in $(seq 300); do mkdir d; cd d; done
