/** A small, repeatable source of choices: the demo city is the same on every machine. */
export function createChooser(seed: number) {
  let state = seed;
  const next = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number) => Math.floor(next() * below);
  return {
    whole,
    one: <Item>(items: readonly [Item, ...Item[]]): Item => items[whole(items.length)] ?? items[0],
  };
}

export type Chooser = ReturnType<typeof createChooser>;

/** Family names about as often as they are. */
// biome-ignore format: a table of names reads better in lines
const familyNames = [
  'Nguyễn', 'Nguyễn', 'Nguyễn', 'Nguyễn', 'Trần', 'Trần', 'Lê', 'Lê', 'Phạm', 'Huỳnh', 'Hoàng', 'Phan', 'Vũ', 'Võ', 'Đặng', 'Bùi',
  'Đỗ', 'Hồ', 'Ngô', 'Dương', 'Lý', 'Đinh', 'Mai', 'Trịnh', 'Tô', 'Châu', 'Lương', 'Quách',
] as const;
const femaleMiddle = [
  'Thị',
  'Thị',
  'Ngọc',
  'Thuỳ',
  'Bảo',
  'Khánh',
  'Minh',
  'Thanh',
  'Phương',
  'Diệu',
  'Gia',
  'Quỳnh',
] as const;
// biome-ignore format: a table of names reads better in lines
const femaleGiven = [
  'Anh', 'Ánh', 'Châu', 'Chi', 'Dung', 'Duyên', 'Giang', 'Hà', 'Hân', 'Hạnh', 'Hiền', 'Hoa', 'Hương', 'Khuê', 'Lan', 'Linh', 'Loan',
  'Mai', 'My', 'Nga', 'Ngân', 'Ngọc', 'Nguyệt', 'Nhi', 'Như', 'Oanh', 'Phương', 'Quyên', 'Tâm', 'Thảo', 'Thư', 'Thuỷ', 'Trâm', 'Trang',
  'Trinh', 'Tú', 'Tuyền', 'Uyên', 'Vân', 'Vy', 'Yến', 'Ý',
] as const;
const maleMiddle = [
  'Văn',
  'Hữu',
  'Đức',
  'Minh',
  'Quốc',
  'Gia',
  'Hoàng',
  'Anh',
  'Thành',
  'Công',
  'Nhật',
  'Tuấn',
] as const;
// biome-ignore format: a table of names reads better in lines
const maleGiven = [
  'An', 'Bách', 'Bảo', 'Bình', 'Cường', 'Đạt', 'Đông', 'Dũng', 'Duy', 'Hải', 'Hào', 'Hiếu', 'Hoàng', 'Hùng', 'Huy', 'Khang', 'Khoa',
  'Khôi', 'Kiên', 'Lâm', 'Long', 'Lộc', 'Mạnh', 'Minh', 'Nam', 'Nghĩa', 'Nguyên', 'Nhân', 'Phát', 'Phong', 'Phúc', 'Quân', 'Quang',
  'Sơn', 'Tài', 'Thắng', 'Thiện', 'Thịnh', 'Tiến', 'Toàn', 'Trí', 'Trung', 'Tuấn', 'Vinh', 'Vượng',
] as const;

export function makeName(choose: Chooser, gender: 'female' | 'male'): string {
  const middle = gender === 'female' ? choose.one(femaleMiddle) : choose.one(maleMiddle);
  const given = gender === 'female' ? choose.one(femaleGiven) : choose.one(maleGiven);
  const extra =
    choose.whole(4) === 0
      ? ` ${gender === 'female' ? choose.one(['Bảo', 'Ngọc', 'Kim', 'Hoài']) : choose.one(['Thiên', 'Bá', 'Trọng', 'Xuân'])}`
      : '';
  return `${choose.one(familyNames)} ${middle}${extra} ${given}`;
}
