// What every player shares: a question as JSON in the first argument, an answer as JSON in the last line.
export const question = () => JSON.parse(process.argv[2]);

export const answer = (found) => process.stdout.write(`\n${JSON.stringify(found)}\n`);

export const bytes = (fs, file) => {
  const read = fs.readFileSync(file);
  return read.buffer.slice(read.byteOffset, read.byteOffset + read.byteLength);
};
