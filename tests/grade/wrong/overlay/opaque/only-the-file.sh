rm merged/cache/*
