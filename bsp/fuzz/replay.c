// SPDX-License-Identifier: MIT
/* Plays the files that are named once each, without libFuzzer: `npm test` needs no clang. */
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
__attribute__((weak)) int LLVMFuzzerInitialize(int *count, char ***words);

#define INPUT_BYTES (1u << 20)

int main(int count, char **words) {
  static uint8_t data[INPUT_BYTES];
  if (LLVMFuzzerInitialize != NULL) {
    LLVMFuzzerInitialize(&count, &words);
  }
  for (int index = 1; index < count; index++) {
    FILE *file = fopen(words[index], "rb");
    if (file == NULL) {
      perror(words[index]);
      return 2;
    }
    size_t bytes = fread(data, 1, sizeof data, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, bytes);
  }
  printf("%d inputs\n", count - 1);
  return 0;
}
