/** What people here choose first, without marks, case and separators. Short on purpose: length does the rest. */
export const commonPasswords: ReadonlySet<string> = new Set(
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
