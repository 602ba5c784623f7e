hostname brid
