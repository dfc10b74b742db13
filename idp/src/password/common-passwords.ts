/** What people here choose first and no published list knows, without marks, case and separators. */
const chosenHere: ReadonlySet<string> = new Set(
  `password passw0rd matkhau matkhaumoi matkhaucuatoi quenmatkhau khongcomatkhau qwerty qwertyuiop qwerty123 asdfgh
  asdfghjkl zxcvbn zxcvbnm 1q2w3e 1q2w3e4r 1qaz2wsx qazwsx abc123 a123456 aa123456 abcd1234 admin admin123 administrator
  welcome letmein iloveyou anhyeuem emyeuanh yeuanh yeuem toiyeuban toiyeuvietnam vietnam vietnam123 saigon tphcm
  hochiminh thanhphohochiminh truonghoc hocsinh giaovien nhatruong lophoc thaygiao cogiao bogiaoduc sogiaoduc giaoduc
  giaoducvadaotao edutrust dragon monkey football bongda doraemon pikachu pokemon conmeo concho princess sunshine superman
  batman naruto minecraft roblox freefire lienquan lienquanmobile facebook google youtube tiktok zalo gmail iphone samsung
  master shadow michael jordan hello xinchao chucmung chaomung changeme default secret test testtest guest root user
  trustno1 starwars computer maytinh internet mobile 123123 112233 121212 131313 147258 159753 102030 789456 987654321
  deptrai xinhdep dethuong hanhphuc giadinh bomeyeucon conyeubome mevabo bovame chacha ongba anhem banbe motnamhaibon
  motthaba correcthorsebatterystaple`
    .split(/\s+/)
    .filter(Boolean),
);

/**
 * Whether guessers try it early: what is chosen here, also with a few digits behind it, or one of the 49,000 most frequent
 * passwords of published breaches, compared as a whole (SP 800-63B-4 §3.1.1.2, ADR 0157).
 *
 * @param folded without marks, case and separators
 */
export async function isCommon(folded: string): Promise<boolean> {
  if (chosenHere.has(folded) || chosenHere.has(folded.replace(/\d{1,4}$/, ''))) return true;
  // Read when the first password is chosen: a process that serves none does not hold the list.
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return dictionary['passwords-common'].includes(folded);
}
