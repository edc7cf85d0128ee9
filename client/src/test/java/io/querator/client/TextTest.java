package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextTest {
  /// The property White_Space in the Unicode Character Database (PropList.txt), unchanged since
  /// Unicode 6.3.
  private static final Set<Integer> WHITE_SPACE =
      IntStream.of(
              0x9, 0xA, 0xB, 0xC, 0xD, 0x20, 0x85, 0xA0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003,
              0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x2028, 0x2029, 0x202F,
              0x205F, 0x3000)
          .boxed()
          .collect(Collectors.toUnmodifiableSet());

  @Test
  void knowsTheWhiteSpaceOfUnicode() {
    Set<Integer> found =
        IntStream.rangeClosed(0, Character.MAX_VALUE)
            .filter(c -> Text.isWhiteSpace((char) c))
            .boxed()
            .collect(Collectors.toUnmodifiableSet());

    assertThat(found).isEqualTo(WHITE_SPACE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t\n", "\u0085", "\u00a0\u3000"})
  void isBlankWithoutAnyOtherCharacter(String text) {
    assertThat(Text.isBlank(text)).isTrue();
    assertThat(Text.trim(text)).isEmpty();
    assertThat(Text.containsWhiteSpace(text)).isEqualTo(!text.isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "\u200b", "\u001c", "\ufeff", "\u0000", "\u180e", "😀"})
  void isNotBlankWithAnyOtherCharacter(String text) {
    assertThat(Text.isBlank(text)).isFalse();
    assertThat(Text.trim(text)).isEqualTo(text);
    assertThat(Text.containsWhiteSpace(text)).isFalse();
  }

  @Test
  void trimsOnlyTheEnds() {
    assertThat(Text.trim("\u00a0 a\u0085b \t")).isEqualTo("a\u0085b");
  }

  @Test
  void findsNul() {
    assertThat(Text.containsNul("a\0")).isTrue();
    assertThat(Text.containsNul("a\u0001")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "abc", "é", "\u007f\u0080\u07ff\u0800\uffff", "😀", "a😀é€b"})
  void countsTheBytesOfUtf8(String text) {
    assertThat(Text.utf8Bytes(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
  }

  @ParameterizedTest
  @ValueSource(chars = {'\ud83d', '\ude00'})
  void countsThreeBytesForHalfASurrogatePair(char half) {
    assertThat(Text.utf8Bytes("a" + half)).isEqualTo(4);
    assertThat(Text.utf8Bytes("" + half + half)).isEqualTo(6);
  }
}
